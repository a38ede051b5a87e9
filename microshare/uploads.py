"""Photos that a client sends ahead of the post they are for.

Only who sent one can put it on a post, once. What no post came for is dropped after a day.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select

from microshare import photos
from microshare.db import db
from microshare.errors import Missing, Refused
from microshare.media import Picture
from microshare.models import PhotoFile, PhotoUpload, Post, UploadFile, User
from microshare.photos import Chosen, Photo

AGE = timedelta(days=1)
LARGEST_ID = 2**31 - 1  # of an upload; what is greater is the number that a photo's name writes
MOST = 40  # that wait, of one colleague


def keep(owner: User, picture: Picture, alt: str | None, now: datetime) -> PhotoUpload:
    """Keep a photo until its post comes; `alt` None: it is not described yet."""
    _drop_old(owner, now)
    upload = PhotoUpload(
        owner_id=owner.id,
        name=picture.name,
        width=picture.width,
        height=picture.height,
        preview=picture.preview,
        alt=alt,
        sent_at=now,
    )
    db.session.add(upload)
    db.session.flush()
    db.session.execute(
        insert(UploadFile),
        [
            {"upload_id": upload.id, "end": end, "content": content}
            for end, content in picture.files.items()
        ],
    )
    return upload


def _drop_old(owner: User, now: datetime) -> None:
    waiting = db.session.scalars(
        select(PhotoUpload).filter_by(owner_id=owner.id).order_by(PhotoUpload.id.desc())
    ).all()
    drop(owner, [one.id for one in waiting[MOST - 1 :]])
    drop(owner, [one.id for one in waiting[: MOST - 1] if one.sent_at + AGE < now])


def get(owner: User, upload_id: int) -> PhotoUpload:
    """A photo that this colleague sent, and put on no post yet; or `Missing`."""
    found = db.session.get(PhotoUpload, upload_id)
    if found is None or found.owner_id != owner.id:
        raise Missing("photo", id=upload_id)
    return found


def describe(upload: PhotoUpload, alt: str) -> None:
    """Say what it shows; an empty text marks it as decoration."""
    upload.alt = photos.checked_alt(alt, 1) if alt.strip() else ""


def chosen(owner: User, ids: Sequence[int], unsaid: Callable[[int], str]) -> list[Chosen]:
    """These photos, in this order, as a post takes them.

    `unsaid` gives the description of one of which nothing was said, by its place.
    """
    if len(ids) > photos.LIMIT:
        raise Refused("too-many-photos", count=len(ids), limit=photos.LIMIT)
    return [
        _chosen(owner, upload_id, number, unsaid) for number, upload_id in enumerate(ids, 1)
    ]


def changed(
    owner: User,
    post: Post,
    ids: Sequence[int] | None,
    alts: Mapping[int, str],
    unsaid: Callable[[int], str],
) -> list[Photo | Chosen]:
    """The photos of a post after an edit by its author: those of these ids, in this order.

    An id is the number of a photo that the post has, or as `chosen` takes it. None: those that it
    has. `alts`: what is said anew of photos, by id; an empty text marks decoration.
    """
    had = photos.read(post.photos_json)
    ids = list(dict.fromkeys(one.number for one in had)) if ids is None else ids
    for place, one in enumerate(alts, 1):
        if one not in ids:
            raise Refused("photo-gone", number=place)
    count = sum(max(1, sum(one.number == upload_id for one in had)) for upload_id in ids)
    if count > photos.LIMIT:
        raise Refused("too-many-photos", count=count, limit=photos.LIMIT)
    shown: list[Photo | Chosen] = []
    for upload_id in ids:
        # Twice, where it is there twice.
        stays: list[Photo | Chosen] = [one for one in had if one.number == upload_id]
        for photo in stays or [_chosen(owner, upload_id, len(shown) + 1, unsaid)]:
            place = len(shown) + 1
            anew = upload_id in alts
            shown.append(photos.saying(photo, alts[upload_id], place) if anew else photo)
    return shown


def _chosen(
    owner: User, upload_id: int, number: int, unsaid: Callable[[int], str]
) -> Chosen:
    if upload_id > LARGEST_ID:
        return _again(owner, f"{upload_id:020x}", number)
    try:
        upload = get(owner, upload_id)
    except Missing:
        raise Refused("photo-gone", number=number) from None
    files = db.session.execute(
        select(UploadFile.end, UploadFile.content).filter_by(upload_id=upload.id)
    )
    return Chosen(
        Picture(upload.name, upload.width, upload.height, upload.preview, dict(files.all())),
        unsaid(number) if upload.alt is None else upload.alt,
    )


def _again(owner: User, name: str, number: int) -> Chosen:
    """A photo of an own post, withdrawn or not: it is written anew with what it showed."""
    post = db.session.scalar(
        select(Post)
        .join(PhotoFile, PhotoFile.post_id == Post.id)
        .where(PhotoFile.name == name, Post.author_id == owner.id)
        .order_by(Post.id.desc())
        .limit(1)
    )
    shown = [one for one in photos.read(post.photos_json) if one.name == name] if post else []
    if post is None or not shown:
        raise Refused("photo-gone", number=number)
    rows = db.session.execute(
        select(PhotoFile.name, PhotoFile.content).where(
            PhotoFile.post_id == post.id, PhotoFile.name.startswith(name)
        )
    )
    files = {one.removeprefix(name): content for one, content in rows}
    photo = shown[0]
    return Chosen(Picture(name, photo.width, photo.height, photo.preview, files), photo.alt)


def forget(post: Post) -> None:
    """The photos of a withdrawn post are wanted no more: they are on no withdrawn post of its
    author then, and can come again from none."""
    names = {one.name for one in photos.read(post.photos_json)}
    holders = (
        select(Post)
        .join(PhotoFile, PhotoFile.post_id == Post.id)
        .where(
            PhotoFile.name.in_(names),
            Post.author_id == post.author_id,
            Post.withdrawn_at.is_not(None),
        )
    )
    for one in db.session.scalars(holders).unique().all():
        photos.store_anew(one, [p for p in photos.read(one.photos_json) if p.name not in names])


def drop(owner: User, ids: Sequence[int]) -> None:
    """They are on a post now, or wanted no more."""
    ids = [one for one in ids if one <= LARGEST_ID]
    if ids:
        mine = select(PhotoUpload.id).where(
            PhotoUpload.id.in_(ids), PhotoUpload.owner_id == owner.id
        )
        db.session.execute(delete(UploadFile).where(UploadFile.upload_id.in_(mine)))
        db.session.execute(delete(PhotoUpload).where(PhotoUpload.id.in_(mine)))


def content(name: str) -> bytes:
    """The JPEG of this name, of a photo that waits for its post; or `Missing`."""
    bare, dash, edge = name.partition("-")
    found = db.session.scalar(
        select(UploadFile.content)
        .join(PhotoUpload, PhotoUpload.id == UploadFile.upload_id)
        .where(PhotoUpload.name == bare, UploadFile.end == dash + edge)
        .limit(1)
    )
    if found is None:
        raise Missing("photo")
    return found
