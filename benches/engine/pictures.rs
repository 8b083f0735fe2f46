//! What a picture costs: reading and shrinking a phone's photo, and drawing the poster of a notice.

use std::time::Instant;

use image::{DynamicImage, Rgb, RgbImage};
use seventytwo::domain::language::Language;
use seventytwo::intake::photo;
use seventytwo::poster::press::Press;
use seventytwo::store::notices;
use seventytwo::store::{Conn, StoreError};

use crate::house::{Db, House};
use crate::{line, process, quantile};

const ROUNDS: usize = 10;

pub async fn measure(db: Db) {
    let jpeg = tokio::task::spawn_blocking(phone_photo).await.expect("a photo is taken");
    process::forget_peak();
    let mut photos = Vec::new();
    for _ in 0..ROUNDS {
        let (begun, jpeg) = (Instant::now(), jpeg.clone());
        let read = tokio::task::spawn_blocking(move || photo::read(&jpeg).map(drop)).await;
        read.expect("it is read").expect("it is a photo");
        photos.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    line(&db, "photo of 12 megapixels, median ms", quantile(&mut photos, 0.5), None);
    line(&db, "peak MB, one photo at a time", process::peak_mb(), None);

    let house = House::start(db, &["127.0.0.1:9"]).await;
    let case = house.approved("131003").await.parse().expect("a case number");
    house.stations.publish_cooled().await.expect("it goes live");
    let shared = house.stations.shared.clone();
    let vault = shared.vault.clone();
    let content = move |c: &mut Conn| {
        let notice = notices::by_case(c, case)?.expect("it is live");
        let revision = notices::revision(c, notice.id.0, notice.revision)?.expect("it has words");
        let key = notice.key(&vault)?.expect("it is not erased");
        Ok::<_, StoreError>((revision.public(&key)?, notice))
    };
    let (public, notice) = shared.store.read(content).await.expect("the store answers");
    let mut posters = Vec::new();
    for _ in 0..ROUNDS {
        // A press of its own: another one would remember the poster.
        let press = Press::new(
            shared.store.clone(),
            shared.vault.clone(),
            shared.blobs.clone(),
            shared.base_url.clone(),
        );
        let begun = Instant::now();
        press.poster(&notice, (1, &public), Language::default()).await.expect("a poster");
        posters.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    line(&house.db, "poster without photo, first of a press, median ms", quantile(&mut posters, 0.5), None);
}

fn phone_photo() -> Vec<u8> {
    let picture =
        RgbImage::from_fn(4_000, 3_000, |x, y| Rgb([(x / 16) as u8, (y / 12) as u8, (x ^ y) as u8]));
    let mut jpeg = std::io::Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture).write_to(&mut jpeg, image::ImageFormat::Jpeg).expect("a JPEG");
    jpeg.into_inner()
}
