GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO wardgrid_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO wardgrid_app;
REVOKE ALL ON ledger_entry, ledger_leaf, ledger_checkpoint, ledger_tile FROM PUBLIC, wardgrid_app;
GRANT SELECT, INSERT ON ledger_entry, ledger_leaf, ledger_checkpoint, ledger_tile TO wardgrid_app;
GRANT SELECT ON ledger_entry, ledger_leaf, ledger_checkpoint, ledger_tile TO wardgrid_auditor;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM wardgrid_app;
GRANT EXECUTE ON FUNCTION reading_make_day(date), reading_drop_days(date) TO wardgrid_app;
