"""When mails may leave: the calendar of waves and people, and the last look before a mail is queued."""
