"""Pages about gaps: all of them, and one with what came around it. Everybody looks, operators dismiss."""
