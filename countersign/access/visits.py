def still_open(request, session):
    return ""
