"""Whether loops are closed: promises to be in touch, kept or broken, and whether customers were told what came of it."""
