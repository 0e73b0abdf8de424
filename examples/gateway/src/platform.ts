/** The platform's own data. An example: a real gateway has a database. */

import type { Counts } from "./ctr.js";

export interface Video {
  readonly id: string;
  readonly userId: string;
  readonly url?: string;
  readonly title?: string;
}

export class Platform {
  private readonly videos = new Map<string, Video>();
  private readonly counts = new Map<string, Counts>();

  addVideo(video: Video): void {
    this.videos.set(video.id, video);
  }

  video(id: string): Video | undefined {
    return this.videos.get(id);
  }

  countsOf(videoId: string): Counts {
    return this.counts.get(videoId) ?? { impressions: 0, clicks: 0 };
  }

  count(videoId: string, counts: Counts): void {
    this.counts.set(videoId, counts);
  }
}
