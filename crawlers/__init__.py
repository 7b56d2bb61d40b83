"""Crawlers: catalogues of real shops and museums, fetched politely and stored as products."""
