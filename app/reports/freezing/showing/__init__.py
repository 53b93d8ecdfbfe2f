"""How a frozen report is shown: its words, its chart, and what stands behind a difference."""
