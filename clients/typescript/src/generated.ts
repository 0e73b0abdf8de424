// Made from openapi.json by `npm run generate`; a test holds them together. Do not edit.

export interface paths {
    "/api/precompute/video": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start the analyses of a video.
         * @description What is fresh in the cache is not computed again, and what is being computed for the same input answers with the id
         *     of the running task, so the same upload may be posted any number of times.
         */
        post: operations["videoUploaded"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/refresh/{task_type}": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description Which type. */
                task_type: components["schemas"]["TaskType"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refresh what is close to expiry and is read.
         * @description A worker looks first: what has not changed since it was computed is only extended. With `force`, every live entry of
         *     the type is computed anew: the first few hundred are queued at once, and a worker goes on with what is `left`.
         */
        post: operations["refreshResults"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/campaign": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Write the variants of a campaign, rank them, and work out what its budget should bring.
         * @description The same brief may be posted any number of times; another brief under the same id starts anew.
         */
        post: operations["campaignCreated"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/login": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get a user's dashboard and the analysis of their campaigns ready.
         * @description The answer tells at once what the user will probably do next. Of a user of whom nothing is known yet that is what
         *     others do; it follows the user's own habits from the first actions on.
         */
        post: operations["userLoggedIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/predict-actions": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a user will probably do next, from what they did until now.
         * @description Every action that was accepted before the question counts. Queues nothing and records no action; the prediction is
         *     held against what the user does within the next hour, see `prediction_accuracy` in the metrics.
         */
        post: operations["predictActions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/batch": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Up to 1,000 triggers in one request, on the background queue unless `priority` says otherwise.
         * @description At least one of the three lists must be there; an entry that does not fit leaves the others alone. While the broker
         *     or the cache is down nothing is taken.
         */
        post: operations["submitBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/actions": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Report what users did, oldest first; triggers, and reads with `X-User-Id`, report theirs by themselves.
         * @description What is answered with 202 is not lost, whatever fails afterwards. All of a request is accepted, or nothing.
         */
        post: operations["recordActions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/outcomes": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Report what came of videos and variants since the last report; predictions learn from it.
         * @description The predictions it concerns, and their owners' dashboards, go stale as soon as it is stored: the next read of one
         *     starts its refresh.
         */
        post: operations["recordOutcomes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/cache/{cache_key}": {
        parameters: {
            query?: {
                /** @description Holds the request until the running computation is done, or this many seconds are over. */
                wait?: number;
            };
            header?: {
                /** @description The `ETag` of an earlier answer; what is unchanged then answers 304. */
                "If-None-Match"?: string;
                /** @description Who reads, so that predictions learn from it: the read is recorded as the action that this result is needed for (`dashboard_data` as `dashboard_view`), once for reads within ten seconds of each other. Afterwards, and not at all where that cannot be done or this is no id; the read itself never suffers. Do not report the same view to `/actions` as well. */
                "X-User-Id"?: string;
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description `{task_type}:{subject}:{id}` */
                cache_key: string;
            };
            cookie?: never;
        };
        /**
         * Read a result.
         * @description A miss is 404 and never held unless `wait` says so: compute for yourself then. When too many requests wait already,
         *     this one is answered at once.
         */
        get: operations["readResult"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/cache": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Drop every result that a pattern matches.
         * @description The pattern is a glob (`*`, `?`, `[abc]`), held against the cache key and against `{subject}:{id}:{task_type}`, so
         *     `video:vid_12345:*` means every result of that video. What was computed from a result goes with it (the CTR with the
         *     hook), and a computation that is running does not write. `invalidated` counts every entry that was dropped, or with
         *     `soft` marked stale, once. Its owner's dashboard and analytics go stale and are not counted. Failures are forgotten.
         */
        delete: operations["invalidateResults"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/status/{subject}/{subject_id}": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description What it is about. */
                subject: "video" | "campaign" | "user";
                /** @description Of the video, campaign or user. */
                subject_id: string;
            };
            cookie?: never;
        };
        /** Every task of a subject. */
        get: operations["getStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/tasks/{task_id}": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description As a trigger named it. */
                task_id: string;
            };
            cookie?: never;
        };
        /** One task by its id. */
        get: operations["getTask"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/stream/{subject}/{subject_id}": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description What it is about. */
                subject: "video" | "campaign" | "user";
                /** @description Of the video, campaign or user. */
                subject_id: string;
            };
            cookie?: never;
        };
        /**
         * The tasks of a subject as they change.
         * @description A `state` event for each task now and whenever it changes; `done` when none is on its way any more. After five
         *     minutes a `timeout` event ends the stream: connect again. A comment every few seconds keeps the connection alive.
         */
        get: operations["streamChanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/failed": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        /**
         * List tasks that have failed or are set aside.
         * @description A failure is listed until its key is computed again, dropped or invalidated, or a day is over; the latest ten
         *     thousand are.
         */
        get: operations["listFailed"];
        put?: never;
        post?: never;
        /**
         * Forget failures, as if what failed had never been asked for.
         * @description The status then says `missing`, and the next trigger has it computed. A result that is still served stays.
         */
        delete: operations["dropFailed"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/failed/retry": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run failed tasks again, now, also those that are set aside.
         * @description Each is computed for the event that it was wanted for, and what it needs with it where that failed. A key under
         *     which nothing has failed leaves the others alone.
         */
        post: operations["retryFailed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/videos/{video_id}/thumbnails/{rank}.jpg": {
        parameters: {
            query?: {
                /** @description Holds the request until the running computation is done, or this many seconds are over. */
                wait?: number;
            };
            header?: {
                /** @description The `ETag` of an earlier answer; what is unchanged then answers 304. */
                "If-None-Match"?: string;
                /** @description Who reads, so that predictions learn from it: the read is recorded as the action that this result is needed for (`dashboard_data` as `dashboard_view`), once for reads within ten seconds of each other. Afterwards, and not at all where that cannot be done or this is no id; the read itself never suffers. Do not report the same view to `/actions` as well. */
                "X-User-Id"?: string;
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description Of the video, campaign or user. */
                video_id: string;
                /** @description 1 is the best. */
                rank: number;
            };
            cookie?: never;
        };
        /**
         * One of a video's best stills; rank 1 is the best.
         * @description A read of `thumbnail_generation`: as fresh, counted and refreshed as that, and missing with it.
         */
        get: operations["getThumbnail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/videos/{video_id}/captions.vtt": {
        parameters: {
            query?: {
                /** @description Holds the request until the running computation is done, or this many seconds are over. */
                wait?: number;
            };
            header?: {
                /** @description The `ETag` of an earlier answer; what is unchanged then answers 304. */
                "If-None-Match"?: string;
                /** @description Who reads, so that predictions learn from it: the read is recorded as the action that this result is needed for (`dashboard_data` as `dashboard_view`), once for reads within ten seconds of each other. Afterwards, and not at all where that cannot be done or this is no id; the read itself never suffers. Do not report the same view to `/actions` as well. */
                "X-User-Id"?: string;
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description Of the video, campaign or user. */
                video_id: string;
            };
            cookie?: never;
        };
        /**
         * A video's subtitles as WebVTT.
         * @description A read of `caption_generation`: as fresh, counted and refreshed as that, and missing with it.
         */
        get: operations["getCaptionsVtt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/videos/{video_id}/captions.srt": {
        parameters: {
            query?: {
                /** @description Holds the request until the running computation is done, or this many seconds are over. */
                wait?: number;
            };
            header?: {
                /** @description The `ETag` of an earlier answer; what is unchanged then answers 304. */
                "If-None-Match"?: string;
                /** @description Who reads, so that predictions learn from it: the read is recorded as the action that this result is needed for (`dashboard_data` as `dashboard_view`), once for reads within ten seconds of each other. Afterwards, and not at all where that cannot be done or this is no id; the read itself never suffers. Do not report the same view to `/actions` as well. */
                "X-User-Id"?: string;
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description Of the video, campaign or user. */
                video_id: string;
            };
            cookie?: never;
        };
        /**
         * A video's subtitles as SubRip.
         * @description A read of `caption_generation`: as fresh, counted and refreshed as that, and missing with it.
         */
        get: operations["getCaptionsSrt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/queue": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        /** How many tasks have not begun, by task type and by queue. */
        get: operations["getQueue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/precompute/metrics": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        /** What the service counts about itself. */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        /** Whether the process answers; asks nothing else. */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        /**
         * Whether this process can serve: its cache and its broker answer, and take writes.
         * @description `workers` says how many report, and is no part of it: without any, cached results are served and triggers wait.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Problem: {
            /** @description A stable word for programs. */
            code: string;
            /** @description A sentence for people. */
            message: string;
            /** @description What is wrong with each field. */
            fields?: {
                [key: string]: string[];
            };
        };
        Error: {
            /**
             * @default false
             * @enum {boolean}
             */
            success: false;
            /** @description What went wrong. */
            error: components["schemas"]["Problem"];
        };
        /**
         * @description A served task type.
         * @enum {string}
         */
        TaskType: "scene_detection" | "face_detection" | "hook_analysis" | "thumbnail_generation" | "caption_generation" | "ctr_prediction" | "variant_generation" | "variant_scoring" | "roas_prediction" | "dashboard_data" | "predicted_actions" | "campaign_analytics";
        Change: {
            /**
             * @description `queued` and `running` are on their way; `missing` was never asked for, or is gone.
             * @enum {string}
             */
            state: "queued" | "running" | "ready" | "failed" | "missing";
            /** @description Null when there is no task. */
            task_id: string | null;
            /** @description Share that is done. */
            progress: number | null;
            /**
             * Format: date-time
             * @description When it was accepted.
             */
            queued_at: string | null;
            /**
             * Format: date-time
             * @description When a worker began.
             */
            started_at: string | null;
            /**
             * Format: date-time
             * @description When it was stored, or failed.
             */
            finished_at: string | null;
            /** @description Why it failed. */
            error: components["schemas"]["Problem"] | null;
            task_type: components["schemas"]["TaskType"];
            /** @description `{task_type}:{subject}:{id}` */
            cache_key: string;
        };
        VideoData: {
            /** @description http or https, or a path inside the media folder. Without it the video is looked up as `<video_id>.*` in the media folder. */
            url?: string | null;
            /** @description Seconds. */
            duration?: number | null;
            /** @description Shown beside its results. */
            title?: string | null;
        } & {
            [key: string]: unknown;
        };
        VideoTrigger: {
            /** @description Who did it. */
            user_id: string;
            /** @description Moves the tasks to the highest queue that is not above this number. */
            priority?: number | null;
            /** @description The video. */
            video_id: string;
            /** @description What is known of it. */
            video_data?: components["schemas"]["VideoData"] | null;
            /**
             * Format: uri
             * @description http or https; posted to, signed, when everything that the trigger started has ended (`docs/callbacks.md`).
             */
            callback_url?: string | null;
        };
        VideoReceipt: {
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
            /** @description Task ids of every result that is not fresh in the cache already; a running task is joined, and one that failed a moment ago is named again. */
            queued_tasks: {
                scene_detection?: string[];
                face_detection?: string[];
                hook_analysis?: string[];
                thumbnail_generation?: string[];
                caption_generation?: string[];
                ctr_prediction?: string[];
                variant_generation?: string[];
                variant_scoring?: string[];
                roas_prediction?: string[];
                dashboard_data?: string[];
                predicted_actions?: string[];
                campaign_analytics?: string[];
            };
            /** @description What is fresh already, and can be read now. */
            cached: components["schemas"]["TaskType"][];
            /** @description What failed a moment ago: its task says why; it is tried again after a while. */
            failed?: components["schemas"]["TaskType"][];
            /** @description Of the call to `callback_url` that follows when all of this has ended: its `webhook-id`. */
            callback_id?: string;
            /** @description What of the trigger has no effect, and why; for people. Often not there. */
            warnings?: string[];
            /** @description How much was queued, for people. */
            message: string;
            /**
             * @description `ready` when nothing is on its way: everything can be read now.
             * @enum {string}
             */
            status: "processing" | "ready";
            /** @description As it was sent. */
            video_id: string;
        };
        Refresh: {
            /**
             * @description Every live entry, not only what is due.
             * @default false
             */
            force?: boolean;
            /**
             * @description At most this many entries; all of them unless said.
             * @default null
             */
            limit?: number | null;
        };
        Refreshed: {
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
            task_type: components["schemas"]["TaskType"];
            /** @description Results whose refresh is on its way now. */
            queued: number;
            /** @description Due, but unread, on their way already, or without room under load. */
            skipped: number;
            /** @description With `force`: entries that a worker goes on with; none of the others. */
            left: number;
        };
        CampaignData: {
            /** @description Money to spend, in the account's currency: a number, words that hold one, or an object. */
            budget?: number | string | Record<string, never> | null;
            /** @description For whom, in words or as an object. */
            target_audience?: unknown;
            /** @description Videos that the campaign shows. */
            video_ids?: unknown;
        } & {
            [key: string]: unknown;
        };
        CampaignTrigger: {
            /** @description Who did it. */
            user_id: string;
            /** @description Moves the tasks to the highest queue that is not above this number. */
            priority?: number | null;
            /** @description The campaign. */
            campaign_id: string;
            /** @description The brief. */
            campaign_data?: components["schemas"]["CampaignData"] | null;
            /**
             * Format: uri
             * @description http or https; posted to, signed, when everything that the trigger started has ended (`docs/callbacks.md`).
             */
            callback_url?: string | null;
        };
        CampaignReceipt: {
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
            /** @description Task ids of every result that is not fresh in the cache already; a running task is joined, and one that failed a moment ago is named again. */
            queued_tasks: {
                scene_detection?: string[];
                face_detection?: string[];
                hook_analysis?: string[];
                thumbnail_generation?: string[];
                caption_generation?: string[];
                ctr_prediction?: string[];
                variant_generation?: string[];
                variant_scoring?: string[];
                roas_prediction?: string[];
                dashboard_data?: string[];
                predicted_actions?: string[];
                campaign_analytics?: string[];
            };
            /** @description What is fresh already, and can be read now. */
            cached: components["schemas"]["TaskType"][];
            /** @description What failed a moment ago: its task says why; it is tried again after a while. */
            failed?: components["schemas"]["TaskType"][];
            /** @description Of the call to `callback_url` that follows when all of this has ended: its `webhook-id`. */
            callback_id?: string;
            /** @description What of the trigger has no effect, and why; for people. Often not there. */
            warnings?: string[];
            /** @description How much was queued, for people. */
            message: string;
            /**
             * @description `ready` when nothing is on its way: everything can be read now.
             * @enum {string}
             */
            status: "processing" | "ready";
            /** @description As it was sent. */
            campaign_id: string;
        };
        UserData: {
            /** @description When the user was here before. */
            last_login?: unknown;
            /**
             * @description IANA name of the user's time zone, remembered for predictions by the hour of the user's day. What is no such name is ignored.
             * @example Europe/Berlin
             */
            timezone?: unknown;
        } & {
            [key: string]: unknown;
        };
        LoginTrigger: {
            /** @description Who did it. */
            user_id: string;
            /** @description Moves the tasks to the highest queue that is not above this number. */
            priority?: number | null;
            /** @description What is known of the login. */
            user_data?: components["schemas"]["UserData"] | null;
        };
        PredictedAction: {
            action: string;
            probability: number;
            /** @enum {string} */
            confidence: "high" | "medium" | "low";
        };
        LoginReceipt: {
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
            /** @description Task ids of every result that is not fresh in the cache already; a running task is joined, and one that failed a moment ago is named again. */
            queued_tasks: {
                scene_detection?: string[];
                face_detection?: string[];
                hook_analysis?: string[];
                thumbnail_generation?: string[];
                caption_generation?: string[];
                ctr_prediction?: string[];
                variant_generation?: string[];
                variant_scoring?: string[];
                roas_prediction?: string[];
                dashboard_data?: string[];
                predicted_actions?: string[];
                campaign_analytics?: string[];
            };
            /** @description What is fresh already, and can be read now. */
            cached: components["schemas"]["TaskType"][];
            /** @description What failed a moment ago: its task says why; it is tried again after a while. */
            failed?: components["schemas"]["TaskType"][];
            /** @description Of the call to `callback_url` that follows when all of this has ended: its `webhook-id`. */
            callback_id?: string;
            /** @description What of the trigger has no effect, and why; for people. Often not there. */
            warnings?: string[];
            /** @description How much was queued, for people. */
            message: string;
            /**
             * @description `ready` when nothing is on its way: everything can be read now.
             * @enum {string}
             */
            status: "processing" | "ready";
            /** @description As it was sent. */
            user_id: string;
            /** @description Likeliest first. */
            predicted_actions: components["schemas"]["PredictedAction"][];
        };
        PredictActions: {
            /** @description The user. */
            user_id: string;
        };
        Model: {
            version: string;
            trained_at: string | null;
        };
        Prediction: {
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
            /** @description As it was sent. */
            user_id: string;
            /** @description Likeliest first. */
            predicted_actions: components["schemas"]["PredictedAction"][];
            model: components["schemas"]["Model"];
        };
        Batch: {
            /** @description At most 1,000 entries in all. */
            videos?: unknown[] | null;
            /** @description At most 1,000 entries in all. */
            campaigns?: unknown[] | null;
            /** @description At most 1,000 entries in all. */
            logins?: unknown[] | null;
            /** @description Of the entries that name none; 1, the background queue, unless said. */
            priority?: number | null;
        };
        BatchResult: {
            /** @description Whether the entry was accepted. */
            success: boolean;
            video_id?: string;
            campaign_id?: string;
            user_id?: string;
            queued_tasks?: {
                scene_detection?: string[];
                face_detection?: string[];
                hook_analysis?: string[];
                thumbnail_generation?: string[];
                caption_generation?: string[];
                ctr_prediction?: string[];
                variant_generation?: string[];
                variant_scoring?: string[];
                roas_prediction?: string[];
                dashboard_data?: string[];
                predicted_actions?: string[];
                campaign_analytics?: string[];
            };
            cached?: components["schemas"]["TaskType"][];
            failed?: components["schemas"]["TaskType"][];
            callback_id?: string;
            warnings?: string[];
            message?: string;
            /** @enum {string} */
            status?: "processing" | "ready";
            predicted_actions?: components["schemas"]["PredictedAction"][];
            error?: components["schemas"]["Problem"];
        };
        BatchReceipt: {
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
            /** @description Entries that were not refused. */
            accepted: number;
            /** @description In the order of the entries. */
            results: components["schemas"]["BatchResult"][];
            /** @description Fields of the batch that are not known here and were not taken, if any. */
            ignored?: string[];
        };
        OneAction: {
            /** @description Who did it. */
            user_id: string;
            /** @description What the user did, in the caller's own words, such as `dashboard_view`; the same word each time. */
            action: string;
            /**
             * Format: date-time
             * @description ISO 8601 with a zone; now unless given.
             */
            at?: string | null;
            /**
             * @description What it was done to.
             * @enum {unknown}
             */
            subject?: "video" | "campaign" | "user" | null;
            /** @description Which one; with `subject`. */
            subject_id?: string | null;
        };
        Actions: {
            /** @description Who did it; required unless there are `actions`. */
            user_id?: string;
            /** @description What the user did, in the caller's own words, such as `dashboard_view`; the same word each time. */
            action?: string;
            /**
             * Format: date-time
             * @description ISO 8601 with a zone; now unless given.
             */
            at?: string | null;
            /**
             * @description What it was done to.
             * @enum {unknown}
             */
            subject?: "video" | "campaign" | "user" | null;
            /** @description Which one; with `subject`. */
            subject_id?: string | null;
            actions?: components["schemas"]["OneAction"][];
        };
        Recorded: {
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
            /** @description They are stored within seconds, each once. */
            recorded: number;
            /** @description Fields of the outcomes that are not known here and were not taken, if any. */
            ignored?: string[];
        };
        Outcome: {
            /** @enum {string} */
            subject: "video" | "campaign";
            /** @description The video or campaign. */
            subject_id: string;
            /** @description The variant. */
            variant_id?: string | null;
            impressions: number;
            /** @description At most `impressions`. */
            clicks: number;
            conversions?: number | null;
            /** @description In the account's currency. */
            spend?: number | null;
            /** @description In the account's currency. */
            revenue?: number | null;
            /**
             * Format: date-time
             * @description ISO 8601 with a zone; now unless given.
             */
            at?: string | null;
        };
        Outcomes: {
            outcomes: components["schemas"]["Outcome"][];
        };
        Scene: {
            index: number;
            /** @description Where it starts, in seconds. */
            start: number;
            /** @description Where it ends, in seconds. */
            end: number;
        };
        SceneDetection: {
            /** @description Length of the video, in seconds. */
            duration: number;
            /** @description Frames a second, on average. */
            frame_rate: number;
            /** @description Seconds, on the sound track's clock. */
            cuts: number[];
            scenes: components["schemas"]["Scene"][];
            cuts_per_minute: number;
        };
        Face: {
            x: number;
            y: number;
            width: number;
            height: number;
            confidence: number;
        };
        FaceSample: {
            /** @description When, in seconds. */
            at: number;
            faces: components["schemas"]["Face"][];
        };
        FaceDetection: {
            samples: components["schemas"]["FaceSample"][];
            max_faces: number;
            /** @description Share of the time with a face on screen. */
            screen_share: number;
            /** @description When the first face appears, in seconds. */
            first_face_at: number | null;
            /** @description Share of the frame that the largest face takes. */
            largest_face_share: number;
        };
        HookPart: {
            /** @description What was measured. */
            value: unknown;
            points: number;
            max_points: number;
        };
        HookAnalysis: {
            score: number;
            parts: {
                [key: string]: components["schemas"]["HookPart"];
            };
            /** @description Read from the screen. */
            text: string[];
            spoken: string;
            /** @description When speech starts, in seconds. */
            speech_starts_at: number | null;
            advice: string[];
        };
        Thumbnail: {
            rank: number;
            /** @description When, in seconds. */
            at: number;
            score: number;
            reasons: string[];
            /** @description Pixels. */
            width: number;
            /** @description Pixels. */
            height: number;
            url: string;
        };
        ThumbnailGeneration: {
            thumbnails: components["schemas"]["Thumbnail"][];
        };
        Segment: {
            /** @description When they start, in seconds. */
            start: number;
            /** @description When they end, in seconds. */
            end: number;
            text: string;
        };
        CaptionGeneration: {
            /** @description ISO 639-1; null without speech. */
            language: string | null;
            segments: components["schemas"]["Segment"][];
            text: string;
            srt: string;
            vtt: string;
            caption: string;
            hashtags: string[];
            /** @description Who worded the caption, and why. */
            source: string;
        };
        Driver: {
            name: string;
            effect: number;
        };
        Evidence: {
            outcomes: number;
            impressions: number;
        };
        CtrPrediction: {
            ctr: number;
            low: number;
            high: number;
            drivers: components["schemas"]["Driver"][];
            evidence: components["schemas"]["Evidence"];
            model_version: string;
        };
        Variant: {
            variant_id: string;
            headline: string;
            primary_text: string;
            call_to_action: string;
            angle: string;
            format: string;
            audience: string;
        };
        VariantGeneration: {
            variants: components["schemas"]["Variant"][];
            /** @description Who worded them, and why. */
            source: string;
            /** @description ISO 639-1, of most of the texts. */
            language: string;
            /** @description Names the brief: the same for the same brief. */
            brief: string;
        };
        CampaignEvidence: {
            outcomes: number;
            impressions: number;
        };
        VariantScore: {
            variant_id: string;
            rank: number;
            ctr: number;
            low: number;
            high: number;
            evidence: components["schemas"]["CampaignEvidence"];
        };
        VariantScoring: {
            scores: components["schemas"]["VariantScore"][];
            model_version: string;
        };
        Expected: {
            value: number;
            low: number;
            high: number;
        };
        Funnel: {
            spend: components["schemas"]["Expected"];
            impressions: components["schemas"]["Expected"];
            clicks: components["schemas"]["Expected"];
            conversions: components["schemas"]["Expected"];
            revenue: components["schemas"]["Expected"];
            roas: components["schemas"]["Expected"];
            ctr: components["schemas"]["Expected"];
        };
        VariantRoas: {
            variant_id: string;
            roas: components["schemas"]["Expected"];
            ctr: components["schemas"]["Expected"];
            evidence: components["schemas"]["CampaignEvidence"];
        };
        RoasPrediction: {
            campaign: components["schemas"]["Funnel"];
            variants: components["schemas"]["VariantRoas"][];
            evidence: components["schemas"]["CampaignEvidence"];
            model_version: string;
            /** @description How far to trust it, in a sentence. */
            note: string;
        };
        Totals: {
            impressions: number;
            clicks: number;
            spend: number;
            revenue: number;
            ctr: number | null;
            roas: number | null;
        };
        DashboardVideo: {
            video_id: string;
            uploaded_at: string;
            title: string | null;
            totals: components["schemas"]["Totals"];
            /** @description By task type, in short. */
            results: {
                [key: string]: unknown;
            };
        };
        DashboardCampaign: {
            campaign_id: string;
            created_at: string;
            name: string | null;
            budget: number | null;
            totals: components["schemas"]["Totals"];
            /** @description By task type, in short. */
            results: {
                [key: string]: unknown;
            };
        };
        TrendPoint: {
            impressions: number;
            clicks: number;
            spend: number;
            revenue: number;
            ctr: number | null;
            roas: number | null;
            at: string;
        };
        InProgress: {
            cache_key: string;
            state: string;
            progress: number | null;
        };
        NextStep: {
            /** @description A stable word for programs. */
            action: string;
            /** @description What to do, in a sentence. */
            text: string;
            /** @description What of the data says so. */
            reason: string;
            subject: string | null;
            subject_id: string | null;
        };
        DashboardData: {
            videos: components["schemas"]["DashboardVideo"][];
            campaigns: components["schemas"]["DashboardCampaign"][];
            totals: components["schemas"]["Totals"];
            trend: components["schemas"]["TrendPoint"][];
            in_progress: components["schemas"]["InProgress"][];
            next_steps: components["schemas"]["NextStep"][];
        };
        PredictedActions: {
            predicted_actions: components["schemas"]["PredictedAction"][];
            model: components["schemas"]["Model"];
        };
        SeriesPoint: {
            at: string;
            impressions: number;
            clicks: number;
            spend: number;
            revenue: number;
        };
        VariantFigure: {
            variant_id: string;
            impressions: number;
            clicks: number;
            ctr: number | null;
            /** @description Its CTR over that of all variants together. */
            relative_ctr: number | null;
            /** @description The same as predicted; null when no score is cached. */
            predicted_relative_ctr: number | null;
            /** @description Against the rest of the campaign, corrected for the number of variants (Holm). */
            p_value: number | null;
            /** @description Whether `p_value` is below 0.05. */
            significant: boolean;
        };
        AnalysedCampaign: {
            campaign_id: string;
            series: components["schemas"]["SeriesPoint"][];
            best_variants: components["schemas"]["VariantFigure"][];
            worst_variants: components["schemas"]["VariantFigure"][];
            /** @description Of the next two weeks, from `roas_prediction`; null when none is cached. */
            predicted: {
                [key: string]: unknown;
            } | null;
            actual: components["schemas"]["Totals"];
            /** @description `ctr` and `roas` of the last two weeks: predicted (from what came before them), low, high, actual, within. */
            comparison: {
                [key: string]: unknown;
            };
        };
        CampaignAnalytics: {
            campaigns: components["schemas"]["AnalysedCampaign"][];
        };
        CacheHit: {
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
            /** @description `{task_type}:{subject}:{id}` */
            cache_key: string;
            /** @description By the task type of the key. */
            result: components["schemas"]["SceneDetection"] | components["schemas"]["FaceDetection"] | components["schemas"]["HookAnalysis"] | components["schemas"]["ThumbnailGeneration"] | components["schemas"]["CaptionGeneration"] | components["schemas"]["CtrPrediction"] | components["schemas"]["VariantGeneration"] | components["schemas"]["VariantScoring"] | components["schemas"]["RoasPrediction"] | components["schemas"]["DashboardData"] | components["schemas"]["PredictedActions"] | components["schemas"]["CampaignAnalytics"];
            /**
             * @default true
             * @enum {boolean}
             */
            cached: true;
            /** @description Past its time; a new one is being computed. */
            stale: boolean;
            /**
             * Format: date-time
             * @description When it was computed.
             */
            computed_at: string;
            /** @description Since it was computed. */
            age_seconds: number;
            /** @description Until it is stale; 0 when it is. */
            expires_in_seconds: number;
        };
        CacheMiss: {
            /**
             * @default false
             * @enum {boolean}
             */
            success: false;
            /** @description What went wrong. */
            error: components["schemas"]["Problem"];
            /** @description `{task_type}:{subject}:{id}` */
            cache_key: string;
            /**
             * @description Whether it is on its way.
             * @enum {string}
             */
            status: "processing" | "missing" | "failed";
            /** @description Of the task that computes it, or that failed. */
            task_id?: string;
        };
        Invalidate: {
            /** @description Glob over cache keys, in the body or in the query. Required in one of them. */
            pattern?: string;
            /** @description Mark as stale instead of deleting. */
            soft?: boolean;
        };
        Invalidated: {
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
            /** @description Results that were dropped, or marked stale. */
            invalidated: number;
        };
        TaskState: {
            /**
             * @description `queued` and `running` are on their way; `missing` was never asked for, or is gone.
             * @enum {string}
             */
            state: "queued" | "running" | "ready" | "failed" | "missing";
            /** @description Null when there is no task. */
            task_id: string | null;
            /** @description Share that is done. */
            progress: number | null;
            /**
             * Format: date-time
             * @description When it was accepted.
             */
            queued_at: string | null;
            /**
             * Format: date-time
             * @description When a worker began.
             */
            started_at: string | null;
            /**
             * Format: date-time
             * @description When it was stored, or failed.
             */
            finished_at: string | null;
            /** @description Why it failed. */
            error: components["schemas"]["Problem"] | null;
        };
        Status: {
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
            /**
             * @description What it is about.
             * @enum {unknown}
             */
            subject: "video" | "campaign" | "user";
            /** @description Which one. */
            id: string;
            /**
             * @description `processing` while any task is on its way. Then `failed` when any has failed, `ready` when every result is there, else `missing`.
             * @enum {string}
             */
            status: "processing" | "failed" | "ready" | "missing";
            tasks: {
                scene_detection?: components["schemas"]["TaskState"];
                face_detection?: components["schemas"]["TaskState"];
                hook_analysis?: components["schemas"]["TaskState"];
                thumbnail_generation?: components["schemas"]["TaskState"];
                caption_generation?: components["schemas"]["TaskState"];
                ctr_prediction?: components["schemas"]["TaskState"];
                variant_generation?: components["schemas"]["TaskState"];
                variant_scoring?: components["schemas"]["TaskState"];
                roas_prediction?: components["schemas"]["TaskState"];
                dashboard_data?: components["schemas"]["TaskState"];
                predicted_actions?: components["schemas"]["TaskState"];
                campaign_analytics?: components["schemas"]["TaskState"];
            };
        };
        Task: {
            /**
             * @description `queued` and `running` are on their way; `missing` was never asked for, or is gone.
             * @enum {string}
             */
            state: "queued" | "running" | "ready" | "failed" | "missing";
            /** @description Null when there is no task. */
            task_id: string | null;
            /** @description Share that is done. */
            progress: number | null;
            /**
             * Format: date-time
             * @description When it was accepted.
             */
            queued_at: string | null;
            /**
             * Format: date-time
             * @description When a worker began.
             */
            started_at: string | null;
            /**
             * Format: date-time
             * @description When it was stored, or failed.
             */
            finished_at: string | null;
            /** @description Why it failed. */
            error: components["schemas"]["Problem"] | null;
            task_type: components["schemas"]["TaskType"];
            /** @description `{task_type}:{subject}:{id}` */
            cache_key: string;
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
        };
        Failure: {
            cache_key: string;
            task_type: components["schemas"]["TaskType"];
            task_id: string;
            error: components["schemas"]["Problem"];
            /** Format: date-time */
            failed_at: string;
            /**
             * @description Why it was wanted.
             * @enum {string}
             */
            cause: "event" | "prediction" | "refresh" | "warm_up" | "unknown";
            /** @description How often a worker took it up and was not heard of again. */
            deliveries: number;
            /** @description It ended its workers, or needs what did: nothing but a retry has it tried again. */
            set_aside: boolean;
        };
        FailureCounts: {
            failed: number;
            set_aside: number;
        };
        Failed: {
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
            failed: components["schemas"]["Failure"][];
            /** @description By task type, of all and not only of those listed; types without any are left out. */
            counts: {
                [key: string]: components["schemas"]["FailureCounts"];
            };
            /** @description Of all types. */
            total: number;
        };
        FailedKeys: {
            /** @description Cache keys. One that is named twice counts once. */
            keys: string[];
        };
        RetriedOne: {
            success: boolean;
            cache_key: string;
            task_id?: string;
            error?: components["schemas"]["Problem"];
        };
        Retried: {
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
            retried: number;
            results: components["schemas"]["RetriedOne"][];
        };
        DroppedOne: {
            success: boolean;
            cache_key: string;
            error?: components["schemas"]["Problem"];
        };
        Dropped: {
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
            dropped: number;
            results: components["schemas"]["DroppedOne"][];
        };
        Queue: {
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
            /** @description By task type, and `total`. */
            queue_stats: {
                [key: string]: number;
            };
            /** @description Tasks that wait, by queue. */
            queues: {
                [key: string]: number;
            };
        };
        Percentiles: {
            p50: number;
            p95: number;
        };
        Usefulness: {
            /** @description Results stored. */
            made: number;
            /** @description Read at least once. */
            used: number;
            /** @description Replaced, expired or dropped without having been read. */
            unused: number;
            /** @description Of those whose fate is known, the share that was read. 0 to 1; null before there is anything to divide by. */
            share_read: number | null;
            /** @description What readers of the unused would have waited for them. */
            wasted_seconds: number;
            /** @description Waiting that the readers of the used were spared. */
            saved_seconds: number;
        };
        RefreshFigures: {
            /** @description Handed to workers, ahead of time, by a reader or on demand. */
            queued: number;
            /** @description Nothing had changed: the result was only given more time. */
            unchanged: number;
            /** @description Something had changed. */
            changed: number;
            /** @description What it is computed from could not be asked. */
            unreachable: number;
            /** @description Dropped, since no worker got to it in time. */
            expired: number;
            /** @description Not handed out: nobody has read the result for long. */
            parked: number;
            /** @description Put off, since too much else waits. */
            refused: number;
            /** @description Computed without asking whether anything had changed. */
            forced: number;
            /** @description Results that refreshes computed anew. */
            computed: number;
        };
        Checks: {
            count: number;
            /** @description Null before the first. */
            avg_seconds: number | null;
        };
        Memory: {
            entries: number;
            /** @description With parts, keys and places in the type's index. */
            bytes: number;
            /** @description The truth is within as much 19 times of 20. */
            bytes_error: number;
        };
        Calibration: {
            predictions: number;
            /** @description Mean probability. 0 to 1; null before there is anything to divide by. */
            told: number | null;
            /** @description Share that came true; of a calibrated model the same. 0 to 1; null before there is anything to divide by. */
            happened: number | null;
        };
        Accuracy: {
            /** @description Predictions that an action followed. */
            followed: number;
            /** @description Share whose likeliest action it was. 0 to 1; null before there is anything to divide by. */
            top_1: number | null;
            /** @description Share with it among the three likeliest. 0 to 1; null before there is anything to divide by. */
            top_3: number | null;
            /** @description Share that told an action with a probability above 0.5. 0 to 1; null before there is anything to divide by. */
            coverage: number | null;
            /** @description Share of those that were right. 0 to 1; null before there is anything to divide by. */
            precision: number | null;
            /** @description Mean squared error, 0 (perfect) to 2. */
            brier: number | null;
            /** @description Share that the user's most frequent action would have got right. 0 to 1; null before there is anything to divide by. */
            plain_top_1: number | null;
            /** @description By tenths of the likeliest's probability. */
            calibration: components["schemas"]["Calibration"][];
        };
        Followed: {
            all: components["schemas"]["Accuracy"];
            by_version: {
                [key: string]: components["schemas"]["Accuracy"];
            };
        };
        WarmUp: {
            /** Format: date-time */
            began_at: string;
            /** Format: date-time */
            ended_at: string | null;
            /** @description Subjects looked at. */
            place: number;
            /** @description Of so many; 0 before the first look. */
            of: number;
            /** @description Results queued. */
            queued: number;
            /** @description Results that were there. */
            fresh: number;
            /** @description Subjects whose source is gone. */
            refused: number;
        };
        Alert: {
            name: string;
            /** @description What it is about. */
            labels: {
                [key: string]: string;
            };
            /** Format: date-time */
            since: string;
            value: number;
            /** @description Beyond which it is wrong. */
            threshold: number;
            /** @description A sentence for people. */
            summary: string;
        };
        Worker: {
            name: string;
            processes: number;
            queues: string[];
            /** @description Share of its processes' time that went to tasks in the last minute. 0 to 1; null before there is anything to divide by. */
            busy: number | null;
            /** Format: date-time */
            reported_at: string;
        };
        Figures: {
            /** @description Percent of reads, fresh or stale. */
            cache_hit_rate: number;
            /** @description Reads of the cache. */
            total_requests: number;
            /** @description Tasks that have not begun. */
            queue_size: number;
            /** @description Seconds, of what was computed at least once. */
            avg_processing_time: {
                scene_detection?: number;
                face_detection?: number;
                hook_analysis?: number;
                thumbnail_generation?: number;
                caption_generation?: number;
                ctr_prediction?: number;
                variant_generation?: number;
                variant_scoring?: number;
                roas_prediction?: number;
                dashboard_data?: number;
                predicted_actions?: number;
                campaign_analytics?: number;
            };
            /** @description Of what was computed at least once. */
            processing_time: {
                scene_detection?: components["schemas"]["Percentiles"];
                face_detection?: components["schemas"]["Percentiles"];
                hook_analysis?: components["schemas"]["Percentiles"];
                thumbnail_generation?: components["schemas"]["Percentiles"];
                caption_generation?: components["schemas"]["Percentiles"];
                ctr_prediction?: components["schemas"]["Percentiles"];
                variant_generation?: components["schemas"]["Percentiles"];
                variant_scoring?: components["schemas"]["Percentiles"];
                roas_prediction?: components["schemas"]["Percentiles"];
                dashboard_data?: components["schemas"]["Percentiles"];
                predicted_actions?: components["schemas"]["Percentiles"];
                campaign_analytics?: components["schemas"]["Percentiles"];
            };
            /** @description Processes of all workers. */
            workers_running: number;
            /** @description Share of the time of all processes that went to tasks in the last minute. 0 to 1; null before there is anything to divide by. */
            worker_utilisation: number | null;
            hits: {
                scene_detection?: number;
                face_detection?: number;
                hook_analysis?: number;
                thumbnail_generation?: number;
                caption_generation?: number;
                ctr_prediction?: number;
                variant_generation?: number;
                variant_scoring?: number;
                roas_prediction?: number;
                dashboard_data?: number;
                predicted_actions?: number;
                campaign_analytics?: number;
            };
            stale_hits: {
                scene_detection?: number;
                face_detection?: number;
                hook_analysis?: number;
                thumbnail_generation?: number;
                caption_generation?: number;
                ctr_prediction?: number;
                variant_generation?: number;
                variant_scoring?: number;
                roas_prediction?: number;
                dashboard_data?: number;
                predicted_actions?: number;
                campaign_analytics?: number;
            };
            misses: {
                scene_detection?: number;
                face_detection?: number;
                hook_analysis?: number;
                thumbnail_generation?: number;
                caption_generation?: number;
                ctr_prediction?: number;
                variant_generation?: number;
                variant_scoring?: number;
                roas_prediction?: number;
                dashboard_data?: number;
                predicted_actions?: number;
                campaign_analytics?: number;
            };
            /** @description By task type, and of what only feeds others (`video_samples`: decoded videos; `video_sound`: their sound; `video_speech`: what is said first; `video_text`: what stands on the screen first). */
            computations: {
                [key: string]: number;
            };
            failures: {
                scene_detection?: number;
                face_detection?: number;
                hook_analysis?: number;
                thumbnail_generation?: number;
                caption_generation?: number;
                ctr_prediction?: number;
                variant_generation?: number;
                variant_scoring?: number;
                roas_prediction?: number;
                dashboard_data?: number;
                predicted_actions?: number;
                campaign_analytics?: number;
            };
            /** @description Tasks taken up again after their worker was lost. */
            rescued: {
                scene_detection?: number;
                face_detection?: number;
                hook_analysis?: number;
                thumbnail_generation?: number;
                caption_generation?: number;
                ctr_prediction?: number;
                variant_generation?: number;
                variant_scoring?: number;
                roas_prediction?: number;
                dashboard_data?: number;
                predicted_actions?: number;
                campaign_analytics?: number;
            };
            /** @description Share of the results that were read before they went, 0 to 1; null before one went or was. */
            share_read: {
                scene_detection?: number | null;
                face_detection?: number | null;
                hook_analysis?: number | null;
                thumbnail_generation?: number | null;
                caption_generation?: number | null;
                ctr_prediction?: number | null;
                variant_generation?: number | null;
                variant_scoring?: number | null;
                roas_prediction?: number | null;
                dashboard_data?: number | null;
                predicted_actions?: number | null;
                campaign_analytics?: number | null;
            };
            /** @description By the cause that had them computed. */
            usefulness: {
                scene_detection?: {
                    [key: string]: components["schemas"]["Usefulness"];
                };
                face_detection?: {
                    [key: string]: components["schemas"]["Usefulness"];
                };
                hook_analysis?: {
                    [key: string]: components["schemas"]["Usefulness"];
                };
                thumbnail_generation?: {
                    [key: string]: components["schemas"]["Usefulness"];
                };
                caption_generation?: {
                    [key: string]: components["schemas"]["Usefulness"];
                };
                ctr_prediction?: {
                    [key: string]: components["schemas"]["Usefulness"];
                };
                variant_generation?: {
                    [key: string]: components["schemas"]["Usefulness"];
                };
                variant_scoring?: {
                    [key: string]: components["schemas"]["Usefulness"];
                };
                roas_prediction?: {
                    [key: string]: components["schemas"]["Usefulness"];
                };
                dashboard_data?: {
                    [key: string]: components["schemas"]["Usefulness"];
                };
                predicted_actions?: {
                    [key: string]: components["schemas"]["Usefulness"];
                };
                campaign_analytics?: {
                    [key: string]: components["schemas"]["Usefulness"];
                };
            };
            refreshes: {
                scene_detection?: components["schemas"]["RefreshFigures"];
                face_detection?: components["schemas"]["RefreshFigures"];
                hook_analysis?: components["schemas"]["RefreshFigures"];
                thumbnail_generation?: components["schemas"]["RefreshFigures"];
                caption_generation?: components["schemas"]["RefreshFigures"];
                ctr_prediction?: components["schemas"]["RefreshFigures"];
                variant_generation?: components["schemas"]["RefreshFigures"];
                variant_scoring?: components["schemas"]["RefreshFigures"];
                roas_prediction?: components["schemas"]["RefreshFigures"];
                dashboard_data?: components["schemas"]["RefreshFigures"];
                predicted_actions?: components["schemas"]["RefreshFigures"];
                campaign_analytics?: components["schemas"]["RefreshFigures"];
            };
            /** @description By kind of subject. */
            refresh_checks: {
                [key: string]: components["schemas"]["Checks"];
            };
            /** @description By task type, and of what only feeds others; some seconds old at most. */
            memory: {
                [key: string]: components["schemas"]["Memory"];
            };
            /** @description Over the last hour, day and week. */
            prediction_accuracy: {
                [key: string]: components["schemas"]["Followed"];
            };
            /** @description Null before any. */
            warm_up: components["schemas"]["WarmUp"] | null;
            /** @description What is wrong now. */
            alerts: components["schemas"]["Alert"][];
            /** @description Tries to send callbacks by what became of them; those given up are not tried again. */
            callbacks: {
                [key: string]: number;
            };
            /** @description By queue, where something waits. */
            oldest_waiting_seconds: {
                [key: string]: number;
            };
            workers: components["schemas"]["Worker"][];
        };
        Metrics: {
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
            metrics: components["schemas"]["Figures"];
        };
        Alive: {
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
            /** @description In a word. */
            status: string;
        };
        Ready: {
            /**
             * @default true
             * @enum {boolean}
             */
            success: true;
            /** @description In a word. */
            status: string;
            /** @description `ok`, or what is wrong. */
            checks: {
                [key: string]: string;
            };
            /** @description Workers that report; 0 right after the start. null while the cache is down. */
            workers: number | null;
        };
        NotReady: {
            /**
             * @default false
             * @enum {boolean}
             */
            success: false;
            /** @description What went wrong. */
            error: components["schemas"]["Problem"];
            /** @description In a word. */
            status: string;
            /** @description `ok`, or what is wrong. */
            checks: {
                [key: string]: string;
            };
            /** @description Workers that report; 0 right after the start. null while the cache is down. */
            workers: number | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type Problem = components['schemas']['Problem'];
export type Error = components['schemas']['Error'];
export type TaskType = components['schemas']['TaskType'];
export type Change = components['schemas']['Change'];
export type VideoData = components['schemas']['VideoData'];
export type VideoTrigger = components['schemas']['VideoTrigger'];
export type VideoReceipt = components['schemas']['VideoReceipt'];
export type Refresh = components['schemas']['Refresh'];
export type Refreshed = components['schemas']['Refreshed'];
export type CampaignData = components['schemas']['CampaignData'];
export type CampaignTrigger = components['schemas']['CampaignTrigger'];
export type CampaignReceipt = components['schemas']['CampaignReceipt'];
export type UserData = components['schemas']['UserData'];
export type LoginTrigger = components['schemas']['LoginTrigger'];
export type PredictedAction = components['schemas']['PredictedAction'];
export type LoginReceipt = components['schemas']['LoginReceipt'];
export type PredictActions = components['schemas']['PredictActions'];
export type Model = components['schemas']['Model'];
export type Prediction = components['schemas']['Prediction'];
export type Batch = components['schemas']['Batch'];
export type BatchResult = components['schemas']['BatchResult'];
export type BatchReceipt = components['schemas']['BatchReceipt'];
export type OneAction = components['schemas']['OneAction'];
export type Actions = components['schemas']['Actions'];
export type Recorded = components['schemas']['Recorded'];
export type Outcome = components['schemas']['Outcome'];
export type Outcomes = components['schemas']['Outcomes'];
export type Scene = components['schemas']['Scene'];
export type SceneDetection = components['schemas']['SceneDetection'];
export type Face = components['schemas']['Face'];
export type FaceSample = components['schemas']['FaceSample'];
export type FaceDetection = components['schemas']['FaceDetection'];
export type HookPart = components['schemas']['HookPart'];
export type HookAnalysis = components['schemas']['HookAnalysis'];
export type Thumbnail = components['schemas']['Thumbnail'];
export type ThumbnailGeneration = components['schemas']['ThumbnailGeneration'];
export type Segment = components['schemas']['Segment'];
export type CaptionGeneration = components['schemas']['CaptionGeneration'];
export type Driver = components['schemas']['Driver'];
export type Evidence = components['schemas']['Evidence'];
export type CtrPrediction = components['schemas']['CtrPrediction'];
export type Variant = components['schemas']['Variant'];
export type VariantGeneration = components['schemas']['VariantGeneration'];
export type CampaignEvidence = components['schemas']['CampaignEvidence'];
export type VariantScore = components['schemas']['VariantScore'];
export type VariantScoring = components['schemas']['VariantScoring'];
export type Expected = components['schemas']['Expected'];
export type Funnel = components['schemas']['Funnel'];
export type VariantRoas = components['schemas']['VariantRoas'];
export type RoasPrediction = components['schemas']['RoasPrediction'];
export type Totals = components['schemas']['Totals'];
export type DashboardVideo = components['schemas']['DashboardVideo'];
export type DashboardCampaign = components['schemas']['DashboardCampaign'];
export type TrendPoint = components['schemas']['TrendPoint'];
export type InProgress = components['schemas']['InProgress'];
export type NextStep = components['schemas']['NextStep'];
export type DashboardData = components['schemas']['DashboardData'];
export type PredictedActions = components['schemas']['PredictedActions'];
export type SeriesPoint = components['schemas']['SeriesPoint'];
export type VariantFigure = components['schemas']['VariantFigure'];
export type AnalysedCampaign = components['schemas']['AnalysedCampaign'];
export type CampaignAnalytics = components['schemas']['CampaignAnalytics'];
export type CacheHit = components['schemas']['CacheHit'];
export type CacheMiss = components['schemas']['CacheMiss'];
export type Invalidate = components['schemas']['Invalidate'];
export type Invalidated = components['schemas']['Invalidated'];
export type TaskState = components['schemas']['TaskState'];
export type Status = components['schemas']['Status'];
export type Task = components['schemas']['Task'];
export type Failure = components['schemas']['Failure'];
export type FailureCounts = components['schemas']['FailureCounts'];
export type Failed = components['schemas']['Failed'];
export type FailedKeys = components['schemas']['FailedKeys'];
export type RetriedOne = components['schemas']['RetriedOne'];
export type Retried = components['schemas']['Retried'];
export type DroppedOne = components['schemas']['DroppedOne'];
export type Dropped = components['schemas']['Dropped'];
export type Queue = components['schemas']['Queue'];
export type Percentiles = components['schemas']['Percentiles'];
export type Usefulness = components['schemas']['Usefulness'];
export type RefreshFigures = components['schemas']['RefreshFigures'];
export type Checks = components['schemas']['Checks'];
export type Memory = components['schemas']['Memory'];
export type Calibration = components['schemas']['Calibration'];
export type Accuracy = components['schemas']['Accuracy'];
export type Followed = components['schemas']['Followed'];
export type WarmUp = components['schemas']['WarmUp'];
export type Alert = components['schemas']['Alert'];
export type Worker = components['schemas']['Worker'];
export type Figures = components['schemas']['Figures'];
export type Metrics = components['schemas']['Metrics'];
export type Alive = components['schemas']['Alive'];
export type Ready = components['schemas']['Ready'];
export type NotReady = components['schemas']['NotReady'];
export type $defs = Record<string, never>;
export interface operations {
    videoUploaded: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VideoTrigger"];
            };
        };
        responses: {
            /** @description What is on its way. */
            202: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VideoReceipt"];
                };
            };
            /** @description The body is empty, not JSON, or not an object. */
            400: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `write`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body was not there within 40 seconds. */
            408: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is larger than 1 MB. */
            413: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is not sent as JSON. */
            415: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    refreshResults: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description Which type. */
                task_type: components["schemas"]["TaskType"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Refresh"];
            };
        };
        responses: {
            /** @description What was queued. */
            202: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Refreshed"];
                };
            };
            /** @description The body is empty, not JSON, or not an object. */
            400: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `write`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description There is no such thing. */
            404: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body was not there within 40 seconds. */
            408: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is larger than 1 MB. */
            413: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is not sent as JSON. */
            415: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    campaignCreated: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CampaignTrigger"];
            };
        };
        responses: {
            /** @description What is on its way. */
            202: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CampaignReceipt"];
                };
            };
            /** @description The body is empty, not JSON, or not an object. */
            400: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `write`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body was not there within 40 seconds. */
            408: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is larger than 1 MB. */
            413: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is not sent as JSON. */
            415: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    userLoggedIn: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoginTrigger"];
            };
        };
        responses: {
            /** @description What is on its way. */
            202: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoginReceipt"];
                };
            };
            /** @description The body is empty, not JSON, or not an object. */
            400: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `write`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body was not there within 40 seconds. */
            408: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is larger than 1 MB. */
            413: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is not sent as JSON. */
            415: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    predictActions: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PredictActions"];
            };
        };
        responses: {
            /** @description The user's next actions. */
            200: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Prediction"];
                };
            };
            /** @description The body is empty, not JSON, or not an object. */
            400: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `read`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body was not there within 40 seconds. */
            408: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is larger than 1 MB. */
            413: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is not sent as JSON. */
            415: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    submitBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Batch"];
            };
        };
        responses: {
            /** @description A result for each entry. */
            202: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchReceipt"];
                };
            };
            /** @description The body is empty, not JSON, or not an object. */
            400: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `write`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body was not there within 40 seconds. */
            408: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is larger than 1 MB. */
            413: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is not sent as JSON. */
            415: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    recordActions: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Actions"];
            };
        };
        responses: {
            /** @description Accepted. */
            202: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recorded"];
                };
            };
            /** @description The body is empty, not JSON, or not an object. */
            400: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `write`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body was not there within 40 seconds. */
            408: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is larger than 1 MB. */
            413: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is not sent as JSON. */
            415: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    recordOutcomes: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Outcomes"];
            };
        };
        responses: {
            /** @description Accepted. */
            202: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recorded"];
                };
            };
            /** @description The body is empty, not JSON, or not an object. */
            400: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `write`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body was not there within 40 seconds. */
            408: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is larger than 1 MB. */
            413: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is not sent as JSON. */
            415: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    readResult: {
        parameters: {
            query?: {
                /** @description Holds the request until the running computation is done, or this many seconds are over. */
                wait?: number;
            };
            header?: {
                /** @description The `ETag` of an earlier answer; what is unchanged then answers 304. */
                "If-None-Match"?: string;
                /** @description Who reads, so that predictions learn from it: the read is recorded as the action that this result is needed for (`dashboard_data` as `dashboard_view`), once for reads within ten seconds of each other. Afterwards, and not at all where that cannot be done or this is no id; the read itself never suffers. Do not report the same view to `/actions` as well. */
                "X-User-Id"?: string;
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description `{task_type}:{subject}:{id}` */
                cache_key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result. */
            200: {
                headers: {
                    /** @description Names the result's content; weak, since the ages in the body move on. */
                    ETag?: string;
                    /** @description Whole seconds since it was computed. */
                    Age?: number;
                    /** @description `private, max-age=` the seconds it stays fresh. */
                    "Cache-Control"?: string;
                    /** @description `HIT` or `STALE`. */
                    "X-Cache"?: "HIT" | "STALE" | "MISS";
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CacheHit"];
                };
            };
            /** @description The caller has it already. */
            304: {
                headers: {
                    /** @description Names the result's content; weak, since the ages in the body move on. */
                    ETag?: string;
                    /** @description Whole seconds since it was computed. */
                    Age?: number;
                    /** @description `private, max-age=` the seconds it stays fresh. */
                    "Cache-Control"?: string;
                    /** @description `HIT` or `STALE`. */
                    "X-Cache"?: "HIT" | "STALE" | "MISS";
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `read`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description No result now. */
            404: {
                headers: {
                    /** @description `MISS`. */
                    "X-Cache"?: "HIT" | "STALE" | "MISS";
                    /** @description `no-store`. */
                    "Cache-Control"?: string;
                    /** @description Seconds; while processing. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CacheMiss"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    invalidateResults: {
        parameters: {
            query?: {
                /** @description Glob over cache keys, in the body or in the query. Required in one of them. */
                pattern?: string;
                /** @description Mark as stale instead of deleting. */
                soft?: boolean;
            };
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Invalidate"];
            };
        };
        responses: {
            /** @description How many there were. */
            200: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invalidated"];
                };
            };
            /** @description The body is empty, not JSON, or not an object. */
            400: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `admin`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body was not there within 40 seconds. */
            408: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is larger than 1 MB. */
            413: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is not sent as JSON. */
            415: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getStatus: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description What it is about. */
                subject: "video" | "campaign" | "user";
                /** @description Of the video, campaign or user. */
                subject_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Where every task stands. */
            200: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Status"];
                };
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `read`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description As a trigger named it. */
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Where it stands. */
            200: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `read`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description There is no such thing. */
            404: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    streamChanges: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description What it is about. */
                subject: "video" | "campaign" | "user";
                /** @description Of the video, campaign or user. */
                subject_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events. */
            200: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `read`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listFailed: {
        parameters: {
            query?: {
                /** @description At most this many, the latest. */
                limit?: number;
                /** @description Of this type only. */
                task_type?: components["schemas"]["TaskType"];
                /** @description Only what is set aside, since it ended its workers. */
                set_aside?: boolean;
            };
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The latest first. */
            200: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failed"];
                };
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `read`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description There is no such thing. */
            404: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    dropFailed: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FailedKeys"];
            };
        };
        responses: {
            /** @description What was forgotten. */
            200: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dropped"];
                };
            };
            /** @description The body is empty, not JSON, or not an object. */
            400: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `admin`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body was not there within 40 seconds. */
            408: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is larger than 1 MB. */
            413: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is not sent as JSON. */
            415: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    retryFailed: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FailedKeys"];
            };
        };
        responses: {
            /** @description What is on its way. */
            202: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Retried"];
                };
            };
            /** @description The body is empty, not JSON, or not an object. */
            400: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `admin`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body was not there within 40 seconds. */
            408: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is larger than 1 MB. */
            413: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The body is not sent as JSON. */
            415: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getThumbnail: {
        parameters: {
            query?: {
                /** @description Holds the request until the running computation is done, or this many seconds are over. */
                wait?: number;
            };
            header?: {
                /** @description The `ETag` of an earlier answer; what is unchanged then answers 304. */
                "If-None-Match"?: string;
                /** @description Who reads, so that predictions learn from it: the read is recorded as the action that this result is needed for (`dashboard_data` as `dashboard_view`), once for reads within ten seconds of each other. Afterwards, and not at all where that cannot be done or this is no id; the read itself never suffers. Do not report the same view to `/actions` as well. */
                "X-User-Id"?: string;
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description Of the video, campaign or user. */
                video_id: string;
                /** @description 1 is the best. */
                rank: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The image. */
            200: {
                headers: {
                    /** @description Names the content. */
                    ETag?: string;
                    /** @description `private, max-age=` the seconds its result stays fresh, 60 at most. */
                    "Cache-Control"?: string;
                    /** @description `HIT` or `STALE`. */
                    "X-Cache"?: "HIT" | "STALE" | "MISS";
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": Blob;
                };
            };
            /** @description The caller has it already. */
            304: {
                headers: {
                    /** @description Names the content. */
                    ETag?: string;
                    /** @description `private, max-age=` the seconds its result stays fresh, 60 at most. */
                    "Cache-Control"?: string;
                    /** @description `HIT` or `STALE`. */
                    "X-Cache"?: "HIT" | "STALE" | "MISS";
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `read`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description No result now. */
            404: {
                headers: {
                    /** @description `MISS`. */
                    "X-Cache"?: "HIT" | "STALE" | "MISS";
                    /** @description `no-store`. */
                    "Cache-Control"?: string;
                    /** @description Seconds; while processing. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CacheMiss"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getCaptionsVtt: {
        parameters: {
            query?: {
                /** @description Holds the request until the running computation is done, or this many seconds are over. */
                wait?: number;
            };
            header?: {
                /** @description The `ETag` of an earlier answer; what is unchanged then answers 304. */
                "If-None-Match"?: string;
                /** @description Who reads, so that predictions learn from it: the read is recorded as the action that this result is needed for (`dashboard_data` as `dashboard_view`), once for reads within ten seconds of each other. Afterwards, and not at all where that cannot be done or this is no id; the read itself never suffers. Do not report the same view to `/actions` as well. */
                "X-User-Id"?: string;
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description Of the video, campaign or user. */
                video_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description WebVTT. */
            200: {
                headers: {
                    /** @description Names the content. */
                    ETag?: string;
                    /** @description `private, max-age=` the seconds its result stays fresh, 60 at most. */
                    "Cache-Control"?: string;
                    /** @description `HIT` or `STALE`. */
                    "X-Cache"?: "HIT" | "STALE" | "MISS";
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/vtt": string;
                };
            };
            /** @description The caller has it already. */
            304: {
                headers: {
                    /** @description Names the content. */
                    ETag?: string;
                    /** @description `private, max-age=` the seconds its result stays fresh, 60 at most. */
                    "Cache-Control"?: string;
                    /** @description `HIT` or `STALE`. */
                    "X-Cache"?: "HIT" | "STALE" | "MISS";
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `read`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description No result now. */
            404: {
                headers: {
                    /** @description `MISS`. */
                    "X-Cache"?: "HIT" | "STALE" | "MISS";
                    /** @description `no-store`. */
                    "Cache-Control"?: string;
                    /** @description Seconds; while processing. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CacheMiss"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getCaptionsSrt: {
        parameters: {
            query?: {
                /** @description Holds the request until the running computation is done, or this many seconds are over. */
                wait?: number;
            };
            header?: {
                /** @description The `ETag` of an earlier answer; what is unchanged then answers 304. */
                "If-None-Match"?: string;
                /** @description Who reads, so that predictions learn from it: the read is recorded as the action that this result is needed for (`dashboard_data` as `dashboard_view`), once for reads within ten seconds of each other. Afterwards, and not at all where that cannot be done or this is no id; the read itself never suffers. Do not report the same view to `/actions` as well. */
                "X-User-Id"?: string;
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description Of the video, campaign or user. */
                video_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description SubRip. */
            200: {
                headers: {
                    /** @description Names the content. */
                    ETag?: string;
                    /** @description `private, max-age=` the seconds its result stays fresh, 60 at most. */
                    "Cache-Control"?: string;
                    /** @description `HIT` or `STALE`. */
                    "X-Cache"?: "HIT" | "STALE" | "MISS";
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/x-subrip": string;
                };
            };
            /** @description The caller has it already. */
            304: {
                headers: {
                    /** @description Names the content. */
                    ETag?: string;
                    /** @description `private, max-age=` the seconds its result stays fresh, 60 at most. */
                    "Cache-Control"?: string;
                    /** @description `HIT` or `STALE`. */
                    "X-Cache"?: "HIT" | "STALE" | "MISS";
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `read`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description No result now. */
            404: {
                headers: {
                    /** @description `MISS`. */
                    "X-Cache"?: "HIT" | "STALE" | "MISS";
                    /** @description `no-store`. */
                    "Cache-Control"?: string;
                    /** @description Seconds; while processing. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CacheMiss"];
                };
            };
            /** @description Something does not fit; `fields` names it. */
            422: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getQueue: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What has not begun. */
            200: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Queue"];
                };
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `read`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures. */
            200: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Metrics"];
                };
            };
            /** @description The service has keys, and this is none of them. */
            401: {
                headers: {
                    /** @description How to show a key. */
                    "WWW-Authenticate"?: string;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope `read`, or the caller is elsewhere. */
            403: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description More than the caller may ask. */
            429: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Alive. */
            200: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alive"];
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Everything is there. */
            200: {
                headers: {
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description Something is down. */
            503: {
                headers: {
                    /** @description Seconds until it is worth asking again. */
                    "Retry-After"?: number;
                    /** @description Names the request in every log line about it. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotReady"];
                };
            };
        };
    };
}

/** What each task type gives. */
export interface ResultByTaskType {
  scene_detection: components["schemas"]["SceneDetection"];
  face_detection: components["schemas"]["FaceDetection"];
  hook_analysis: components["schemas"]["HookAnalysis"];
  thumbnail_generation: components["schemas"]["ThumbnailGeneration"];
  caption_generation: components["schemas"]["CaptionGeneration"];
  ctr_prediction: components["schemas"]["CtrPrediction"];
  variant_generation: components["schemas"]["VariantGeneration"];
  variant_scoring: components["schemas"]["VariantScoring"];
  roas_prediction: components["schemas"]["RoasPrediction"];
  dashboard_data: components["schemas"]["DashboardData"];
  predicted_actions: components["schemas"]["PredictedActions"];
  campaign_analytics: components["schemas"]["CampaignAnalytics"];
}

/** What each task type is about. */
export const SUBJECT_BY_TASK_TYPE = {
  scene_detection: "video",
  face_detection: "video",
  hook_analysis: "video",
  thumbnail_generation: "video",
  caption_generation: "video",
  ctr_prediction: "video",
  variant_generation: "campaign",
  variant_scoring: "campaign",
  roas_prediction: "campaign",
  dashboard_data: "user",
  predicted_actions: "user",
  campaign_analytics: "user",
} as const;
