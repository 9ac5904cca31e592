"""Holds every engine to the plain interpreter of rules: same facts in, same answer out, to the value."""
