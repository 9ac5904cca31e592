"""Rosters and registers: upload, check, match, merge, verify."""
