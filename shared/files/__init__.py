"""Files that people keep and hand over to be imported: read in one way, with faults told by their place."""
