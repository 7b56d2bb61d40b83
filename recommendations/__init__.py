"""Submissions, the search for matches, walls, the web pages and the API."""
