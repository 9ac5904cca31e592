"""Slow, plain references written from the texts alone, against which the compiled rules are tested."""
