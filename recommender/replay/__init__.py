"""Pages as they were answered: logged whole, and answered again by the very same engine. Pure."""
