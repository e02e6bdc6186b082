"""Tests of the configuration; a package so that file names need not be unique among tests."""
