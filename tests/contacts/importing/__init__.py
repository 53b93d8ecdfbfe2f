"""Tests of app/contacts/importing."""
