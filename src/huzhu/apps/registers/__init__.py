"""Registers: what platforms say of their riders, from files and over HTTP."""
