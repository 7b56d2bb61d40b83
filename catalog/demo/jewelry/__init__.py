"""The demo's jewelry: pure drawing, every picture the same for the same seed."""
