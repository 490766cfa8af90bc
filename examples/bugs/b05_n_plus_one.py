"""Seen: the page takes seconds. Each row asks the database for its author."""

import time


def fetch_author(author_id):
    time.sleep(0.002)
    return {"id": author_id, "name": f"author {author_id}"}


def render(posts):
    return [f"{title} by {fetch_author(author)['name']}" for title, author in posts]


def main():
    posts = [(f"post {n}", n % 3) for n in range(60)]
    print(len(render(posts)))


main()
