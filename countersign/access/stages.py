def second_part(request, user):
    return None
