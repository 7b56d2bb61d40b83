"""Parsers: the bytes that a shop served in, products out. Pure functions, no framework."""
