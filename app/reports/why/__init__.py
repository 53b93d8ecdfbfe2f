"""Why the NPS of one period differs from that of another: the same people, newly answering, no longer answering."""
