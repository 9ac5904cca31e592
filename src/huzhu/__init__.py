"""Huzhu (互助): what a trade union runs to look after its members."""

__version__ = "0.1.0"
