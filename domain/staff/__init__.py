"""Who works here: people, skills, contracts, absences, wishes, shifts and duties."""
