//! #[global_once(key = "job", timeout_ms = Self::LEASE_MS, retain_ms = N * 1000)]
//! async fn job<const N: u64>() -> Result<u32, Error> { Ok(1) }

async fn job<const N: u64>() -> Result<u32, Error> {
    use ::lockwork::__private as __lw_runtime;
    let mut __lw_call = __lw_runtime::begin::<
        Result<u32, Error>,
        __lw_runtime::Is<_>,
        __lw_runtime::Is<_>,
    >(
        const {
            #[allow(non_snake_case)]
            let __LW_TIMEOUT: ::core::time::Duration = __lw_runtime::check::timeout(
                __lw_runtime::check::milliseconds(Self::LEASE_MS),
            );
            #[allow(non_snake_case)]
            let __LW_RETAIN: ::core::time::Duration = __lw_runtime::check::retain(
                __lw_runtime::check::milliseconds(N * 1000),
                __LW_TIMEOUT,
            );
            &__lw_runtime::Policy::new().timeout(__LW_TIMEOUT).retain(__LW_RETAIN)
        },
        ::core::option::Option::None,
        "job",
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
