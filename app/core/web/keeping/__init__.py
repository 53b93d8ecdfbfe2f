"""Finished pages of staff, kept while everything they were made of is so and the minute has not turned.

A page says what the database holds, in the words for whoever asks, at a moment. So the same person who asks the same
address again gets the text that was made before, as long as no process has committed anything, whatever it is about. When one
has, every statement by which the page was made is asked once more: do all find the same, then so does the page, and the
commit was about something else; else it is made anew. Nothing here has to know which rows a page was made of, and nobody
who writes has to tell, so nothing can be forgotten there.
"""
