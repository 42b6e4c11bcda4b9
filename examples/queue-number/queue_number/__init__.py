"""Electronic queue tickets of service centres: a state service in Python's standard library alone."""
