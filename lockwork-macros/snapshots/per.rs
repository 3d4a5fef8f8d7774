//! #[global_once(key = "sweep:{tenant}", per = "10m", retain = "forever", timeout = LEASE)]
//! async fn sweep(tenant: &str) -> Result<u32, Error> { Ok(1) }

async fn sweep(tenant: &str) -> Result<u32, Error> {
    use ::lockwork::__private as __lw_runtime;
    let mut __lw_call = __lw_runtime::begin_slot::<
        Result<u32, Error>,
        __lw_runtime::Is<_>,
        __lw_runtime::Is<_>,
    >(
        {
            const __LW_TIMEOUT: ::core::time::Duration = __lw_runtime::check::timeout(
                LEASE,
            );
            const __LW_RETAIN: ::core::time::Duration = __lw_runtime::check::retain_beside_per(
                __lw_runtime::check::retain(__lw_runtime::check::LONGEST, __LW_TIMEOUT),
                ::core::time::Duration::from_millis(600000),
            );
            static __LW_POLICY: __lw_runtime::Policy = __lw_runtime::Policy::new()
                .timeout(__LW_TIMEOUT)
                .retain(__LW_RETAIN);
            &__LW_POLICY
        },
        ::core::option::Option::None,
        &::std::format!("sweep:{tenant}"),
        __lw_runtime::Timing::per(::core::time::Duration::from_millis(600000)),
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
