"""Pictures of the demo shop's products, drawn from the words of their titles."""

from api.demo.pictures.drawing import draw

__all__ = ["draw"]
