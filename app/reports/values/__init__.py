"""How much value customers say they get, over time: from the value answers, beside the NPS."""
