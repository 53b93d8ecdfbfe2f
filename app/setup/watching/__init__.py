"""What administrators look at while it runs: the audit trail, the worker and its failures."""
