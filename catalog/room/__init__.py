"""The labelling room: what is shown to whom, what they answer, and what came of it."""
