"""The engines that run the timetable. Only the worker loads one, by name; nobody else imports from here."""
