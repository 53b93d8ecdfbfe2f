"""What people wrote: the comments with how they sound, and how often that is heard wrongly."""
