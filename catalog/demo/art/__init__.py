"""The demo's prints: pure drawing, every picture the same for the same seed."""
