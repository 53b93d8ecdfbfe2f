"""Reading the files of other systems: encoding and header, layout, cells, rows, and the report. Touches no database."""
