"""The gallery, the HTTP API and the MCP server: the library shown to a browser and to programs, on this machine."""
