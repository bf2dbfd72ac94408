"""Pages about what leaves: takedowns with their clock and report, and how long events are kept."""
