"""Finished pages of staff, kept while nothing at all was committed to the database and the minute has not turned.

A page says what the database holds, in the words for whoever asks, at a moment. So the same person who asks the same
address again gets the text that was made before, until any process commits anything, whatever it is about; then every page
is made anew. Nothing here knows which rows a page was made of, so nothing can be forgotten there.
"""
