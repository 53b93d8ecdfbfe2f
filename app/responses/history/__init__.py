"""Past asks from files: who was asked elsewhere, and the answer or the silence that followed."""
