from flask_openapi3 import APIBlueprint

blueprint = APIBlueprint("me", __name__, url_prefix="/v1")
