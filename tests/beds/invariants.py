"""The invariants of beds, asked of the database in SQL of their own: no code of the domain."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, text

from kit.rows import UtcTime

PRESENT = "until IS NULL AND voided_at IS NULL"
LIVE = "('ARRIVED', 'ADMITTED', 'ON_LEAVE', 'DISCHARGE_PENDING')"
IN_BED = "('ADMITTED', 'ON_LEAVE', 'DISCHARGE_PENDING')"
ENDED = "('DISCHARGED', 'DIED', 'LEFT_WITHOUT_BEING_SEEN', 'ENTERED_IN_ERROR')"

# Each query finds the rows that break a rule.
BROKEN = {
    "1 one present stay per bed": f"""
        SELECT bed_id FROM bed_stay WHERE {PRESENT} GROUP BY bed_id HAVING count(*) > 1""",
    "1 one present stay per encounter": f"""
        SELECT encounter_id FROM bed_stay WHERE {PRESENT} GROUP BY encounter_id
        HAVING count(*) > 1""",
    "2 stays of a bed or an encounter never overlap": """
        SELECT a.id FROM bed_stay a JOIN bed_stay b
          ON a.id < b.id AND (a.bed_id = b.bed_id OR a.encounter_id = b.encounter_id)
        WHERE a.voided_at IS NULL AND b.voided_at IS NULL
          AND (b.until IS NULL OR a.since < b.until) AND (a.until IS NULL OR b.since < a.until)""",
    "3 one active hold per bed": """
        SELECT bed_id FROM bed_hold WHERE state = 'ACTIVE' GROUP BY bed_id HAVING count(*) > 1""",
    "3 a consumed hold led its own patient to its bed": """
        SELECT h.id FROM bed_hold h WHERE h.state = 'CONSUMED' AND NOT EXISTS
          (SELECT 1 FROM bed_stay s WHERE s.bed_id = h.bed_id
             AND s.encounter_id = h.encounter_id AND s.request_id = h.request_id)""",
    "3 nobody else lies in a held bed, unless a discharge is pending": """
        SELECT h.id FROM bed_hold h JOIN bed_stay s ON s.bed_id = h.bed_id
        WHERE h.state = 'ACTIVE' AND h.kind = 'EMPTY' AND s.until IS NULL
          AND s.voided_at IS NULL AND s.since > h.since""",
    "4 a stay starts on an open and clean bed, or by a waiver": """
        SELECT s.id FROM bed_stay s
        WHERE s.voided_at IS NULL AND s.state_waiver_id IS NULL AND s.begun_by <> 'SWAP'
          AND (EXISTS (SELECT 1 FROM bed_block b WHERE b.bed_id = s.bed_id
                         AND b.since <= s.since AND (b.until IS NULL OR b.until > s.since))
            OR NOT EXISTS (SELECT 1 FROM bed_hygiene p WHERE p.bed_id = s.bed_id
                         AND p.hygiene = 'CLEAN' AND p.since <= s.since
                         AND (p.until IS NULL OR p.until > s.since)))""",
    "5 the end of a stay soils the bed": """
        SELECT s.id FROM bed_stay s
        WHERE s.voided_at IS NULL AND s.until IS NOT NULL AND s.ended_by <> 'SWAP'
          AND NOT EXISTS (SELECT 1 FROM bed_hygiene p WHERE p.bed_id = s.bed_id
                            AND p.hygiene IN ('DIRTY', 'CONTAMINATED') AND p.since <= s.until
                            AND (p.until IS NULL OR p.until > s.until))""",
    "5 after isolation the bed is contaminated": """
        SELECT s.id FROM bed_stay s JOIN placement_need n ON n.encounter_id = s.encounter_id
        WHERE s.voided_at IS NULL AND s.until IS NOT NULL AND s.ended_by <> 'SWAP'
          AND n.isolation IN ('CONTACT', 'DROPLET', 'AIRBORNE')
          AND n.since < s.until AND n.recorded_at <= s.ended_recorded_at
          AND (n.until IS NULL OR n.until > s.since)
          AND NOT EXISTS (SELECT 1 FROM bed_hygiene p WHERE p.bed_id = s.bed_id
                            AND p.hygiene = 'CONTAMINATED' AND p.since <= s.until
                            AND (p.until IS NULL OR p.until > s.until))""",
    "5 an empty bed that is not clean has one open task, any other bed none": """
        SELECT b.id FROM bed b JOIN bed_hygiene p ON p.bed_id = b.id AND p.until IS NULL
        WHERE b.removed_at IS NULL
          AND (SELECT count(*) FROM cleaning_task t WHERE t.bed_id = b.id AND t.until IS NULL)
           <> CASE WHEN p.hygiene <> 'CLEAN' AND NOT EXISTS
                (SELECT 1 FROM bed_stay s WHERE s.bed_id = b.id AND s.until IS NULL AND s.voided_at IS NULL)
              THEN 1 ELSE 0 END""",
    "5 hygiene and the state of the task agree": """
        SELECT t.id FROM cleaning_task t JOIN bed_hygiene p ON p.bed_id = t.bed_id
         AND p.until IS NULL
        WHERE t.until IS NULL AND p.hygiene <> CASE t.state
          WHEN 'IN_PROGRESS' THEN 'CLEANING' WHEN 'SUSPENDED' THEN 'SUSPENDED'
          ELSE CASE p.hygiene WHEN 'CONTAMINATED' THEN 'CONTAMINATED' ELSE 'DIRTY' END END""",
    "5 hygiene has no gap and one present page": """
        SELECT b.id FROM bed b
        WHERE (SELECT count(*) FROM bed_hygiene p WHERE p.bed_id = b.id AND p.until IS NULL) <> 1
           OR EXISTS (SELECT 1 FROM bed_hygiene p WHERE p.bed_id = b.id AND p.until IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM bed_hygiene q WHERE q.bed_id = b.id
                               AND q.since = p.until))""",
    "6 no bed in use is closed or removed": """
        SELECT b.id FROM bed b
        WHERE (b.removed_at IS NOT NULL OR EXISTS
                 (SELECT 1 FROM bed_block k WHERE k.bed_id = b.id AND k.until IS NULL
                    AND k.kind = 'CLOSED'))
          AND (EXISTS (SELECT 1 FROM bed_stay s WHERE s.bed_id = b.id AND s.until IS NULL
                         AND s.voided_at IS NULL)
            OR EXISTS (SELECT 1 FROM bed_hold h WHERE h.bed_id = b.id AND h.state = 'ACTIVE'))
""",
    "7 no dynamic room is mixed without a waiver": """
        SELECT s.id FROM bed_stay s
          JOIN bed b ON b.id = s.bed_id JOIN room r ON r.id = b.room_id
          JOIN encounter e ON e.id = s.encounter_id JOIN patient x ON x.id = e.patient_id
          JOIN bed b2 ON b2.room_id = r.id AND b2.id <> b.id
          JOIN bed_stay s2 ON s2.bed_id = b2.id AND s2.until IS NULL AND s2.voided_at IS NULL
          JOIN encounter e2 ON e2.id = s2.encounter_id JOIN patient x2 ON x2.id = e2.patient_id
        WHERE s.until IS NULL AND s.voided_at IS NULL AND r.sex_policy = 'DYNAMIC'
          AND (x.sex <> x2.sex OR x.sex = 'U')
          AND NOT EXISTS (SELECT 1 FROM waiver_use u JOIN waiver w ON w.id = u.waiver_id
             WHERE w.rule = 'ROOM_SEX' AND u.stay_id IN (s.id, s2.id))""",
    "7 nobody came to an isolated room-mate outside a cohort": """
        SELECT s.id FROM bed_stay s
          JOIN bed b ON b.id = s.bed_id
          JOIN bed b2 ON b2.room_id = b.room_id AND b2.id <> b.id
          JOIN bed_stay s2 ON s2.bed_id = b2.id AND s2.until IS NULL AND s2.voided_at IS NULL
          LEFT JOIN placement_need n ON n.encounter_id = s.encounter_id AND n.until IS NULL
          LEFT JOIN placement_need n2 ON n2.encounter_id = s2.encounter_id AND n2.until IS NULL
        WHERE s.until IS NULL AND s.voided_at IS NULL
          AND coalesce(n2.isolation, 'NONE') <> 'NONE' AND n2.recorded_at < s.recorded_at
          AND NOT (coalesce(n.isolation, 'NONE') = n2.isolation AND n.organism = n2.organism
                   AND n2.isolation <> 'PROTECTIVE' AND n.organism IS NOT NULL)
          AND (n.since IS NULL OR n.recorded_at < s.recorded_at)
          AND s2.since < s.since
          AND NOT EXISTS (SELECT 1 FROM waiver_use u JOIN waiver w ON w.id = u.waiver_id
             WHERE w.rule = 'ROOM_ISOLATION' AND u.stay_id IN (s.id, s2.id))""",
    "8 beds in use do not exceed the staff, unless it was reduced or waived": """
        SELECT w.id FROM ward w JOIN ward_staffing f ON f.ward_id = w.id AND f.until IS NULL
        WHERE (SELECT count(*) FROM bed b WHERE b.ward_id = w.id AND b.censusable
                 AND (EXISTS (SELECT 1 FROM bed_stay s WHERE s.bed_id = b.id
                                AND s.until IS NULL AND s.voided_at IS NULL)
                   OR EXISTS (SELECT 1 FROM bed_hold h WHERE h.bed_id = b.id
                                AND h.state = 'ACTIVE' AND h.expires_at > :now)))
              > f.staffed_beds
          AND NOT EXISTS (SELECT 1 FROM waiver_use u JOIN waiver v ON v.id = u.waiver_id
                WHERE v.ward_id = w.id AND v.rule = 'STAFFED_CAPACITY')""",
    "9 an ended encounter waits for nothing": f"""
        SELECT e.id FROM encounter e WHERE e.status IN {ENDED}
          AND (EXISTS (SELECT 1 FROM bed_hold h WHERE h.encounter_id = e.id
                         AND h.state = 'ACTIVE')
            OR EXISTS (SELECT 1 FROM bed_request r WHERE r.encounter_id = e.id
                         AND r.until IS NULL))""",
    "9 who is in a bed has one, in the ward where the encounter is": f"""
        SELECT e.id FROM encounter e WHERE e.status IN {IN_BED} AND NOT EXISTS
          (SELECT 1 FROM bed_stay s WHERE s.encounter_id = e.id AND s.until IS NULL
             AND s.voided_at IS NULL AND s.ward_id = e.ward_id)""",
    "9 who waits or is gone lies in no bed; the dead may, until they depart": f"""
        SELECT e.id FROM encounter e WHERE e.status NOT IN {IN_BED} AND e.status <> 'DIED'
          AND EXISTS (SELECT 1 FROM bed_stay s WHERE s.encounter_id = e.id AND s.until IS NULL
             AND s.voided_at IS NULL)""",
    "9 everybody in the house is in a ward": f"""
        SELECT id FROM encounter WHERE status IN {LIVE} AND ward_id IS NULL""",
    "9 a held request has its hold, and only it": """
        SELECT r.id FROM bed_request r
        WHERE (r.state IN ('HELD', 'IN_TRANSIT')) <> EXISTS
          (SELECT 1 FROM bed_hold h WHERE h.request_id = r.id AND h.state = 'ACTIVE')""",
    "9 leave and status agree": """
        SELECT e.id FROM encounter e
        WHERE (e.status = 'ON_LEAVE') <> EXISTS
          (SELECT 1 FROM stay_leave l JOIN bed_stay s ON s.id = l.stay_id
            WHERE l.encounter_id = e.id AND l.until IS NULL AND s.until IS NULL
              AND s.voided_at IS NULL)""",
    "10 history ends in the present status": """
        SELECT e.id FROM encounter e WHERE NOT EXISTS
          (SELECT 1 FROM encounter_phase p WHERE p.encounter_id = e.id AND p.until IS NULL
             AND p.status = e.status)""",
    "10 the history of a request ends in its present state": """
        SELECT r.id FROM bed_request r WHERE NOT EXISTS
          (SELECT 1 FROM request_phase p WHERE p.request_id = r.id AND p.until IS NULL
             AND p.state = r.state)""",
    "10 nothing is said of the future": """
        SELECT id FROM bed_stay WHERE since > :now OR until > :now OR recorded_at > :now
        UNION ALL SELECT id FROM bed_hygiene WHERE since > :now OR until > :now
        UNION ALL SELECT id FROM encounter_phase WHERE since > :now OR until > :now
        UNION ALL SELECT id FROM cleaning_task WHERE since > :now OR until > :now""",
    "13 every row has its version": """
        SELECT id FROM bed_stay WHERE version < 1
        UNION ALL SELECT id FROM encounter WHERE version < 1
        UNION ALL SELECT id FROM bed_request WHERE version < 1""",
}


_EVERYTHING = text(
    " UNION ALL ".join(
        f"SELECT '{rule}', count(*) FROM ({query}) AS broken_{number}"
        for number, (rule, query) in enumerate(BROKEN.items())
    )
).bindparams(bindparam("now", type_=UtcTime()))


def broken(connection: Connection, now: datetime) -> dict[str, int]:
    """How many rows break each rule; empty when all hold."""
    counts = connection.execute(_EVERYTHING, {"now": now}).all()
    return {rule: count for rule, count in counts if count}
