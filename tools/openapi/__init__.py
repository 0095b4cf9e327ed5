"""Services with an OpenAPI document: what can be done with them, read from the document, and done."""
