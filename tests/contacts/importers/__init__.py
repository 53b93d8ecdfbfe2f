"""Tests of app/contacts/importers."""
