//! #[global_once(key = "{{a}}", timeout = "5s", max_attempts = 3, backoff_ms = 0, retain = "30d", cooldown_ms = 10,
//!            wait = "1min", max_run_ms = 60_000, worker = &WORKER, crate = crate::facade)]
//! pub(crate) async fn job() -> Result<u32, Error> { Ok(1) }

pub(crate) async fn job() -> Result<u32, Error> {
    use crate::facade::__private as __lw_runtime;
    let mut __lw_call = __lw_runtime::begin::<
        Result<u32, Error>,
        __lw_runtime::Is<_>,
        __lw_runtime::Is<_>,
    >(
        {
            static __LW_POLICY: __lw_runtime::Policy = __lw_runtime::Policy::new()
                .timeout(::core::time::Duration::from_millis(5000))
                .backoff(::core::time::Duration::from_millis(0))
                .retain(::core::time::Duration::from_millis(2592000000))
                .cooldown(::core::time::Duration::from_millis(10))
                .wait(::core::time::Duration::from_millis(60000))
                .max_run(::core::time::Duration::from_millis(60000))
                .max_attempts(3u32);
            &__LW_POLICY
        },
        __lw_runtime::named_worker(&WORKER),
        "{a}",
    );
    loop {
        let __lw_attempt = match __lw_call.next().await {
            __lw_runtime::Step::Run(__lw_attempt) => __lw_attempt,
            __lw_runtime::Step::Return(__lw_returned) => return __lw_returned,
        };
        let __lw_driven = {
            __lw_runtime::drive(
                    &__lw_attempt,
                    async move {
                        if let ::core::option::Option::Some(returned) = ::core::option::Option::None::<
                            Result<u32, Error>,
                        > {
                            return returned;
                        }
                        match () {
                            () => Ok(1),
                        }
                    },
                )
                .await
        };
        if let ::core::option::Option::Some(__lw_returned) = __lw_call
            .settle(__lw_driven)
        {
            return __lw_returned;
        }
    }
}
