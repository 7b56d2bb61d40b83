import time
import pytest
from pathlib import Path
from tests.conftest import Encoders
from tests.factories import load_catalogue, jpeg
from catalog.photos import clean_photo
from recommendations import services
from recommendations.models import Submission
from recommendations.search import Wishes

@pytest.mark.django_db
@pytest.mark.parametrize("n", [1,2,3])
def test_t(n, tmp_path, small_encoders):
    t=time.perf_counter()
    load_catalogue(tmp_path, 12)
    print("load", time.perf_counter()-t); t=time.perf_counter()
    v=small_encoders.version("art", live=True)
    print("version", time.perf_counter()-t); t=time.perf_counter()
    s=services.submit(clean_photo(jpeg(100)), Wishes("art"))
    print("submit", time.perf_counter()-t); t=time.perf_counter()
    job=Submission.objects.claim(s.pk)
    services.process(job)
    print("process", time.perf_counter()-t); t=time.perf_counter()
    s.refresh_from_db()
    print(s.state, s.label, s.confidence, s.is_weak, s.matches.count(), s.walls.count(), s.took_ms)
