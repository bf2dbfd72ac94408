"""Pages about notices, and about where they are sent."""
