"""Networks and measures: pixels in, numbers out. Knows nothing of the site."""
