"""How much memory the processes take: libraries loaded in part, and pools shared and given back."""
