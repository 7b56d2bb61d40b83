"""Departments, sources, products, pictures, labels and annotations, and how they come in."""
