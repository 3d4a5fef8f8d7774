//! #[global_once(key = "migrate")]
//! async fn migrate() -> Result<(), Error> { work().await }

async fn migrate() -> Result<(), Error> {
    use ::lockwork::__private as __lw_runtime;
    let mut __lw_call = __lw_runtime::begin::<
        Result<(), Error>,
        __lw_runtime::Is<_>,
        __lw_runtime::Is<_>,
    >(
        {
            static __LW_POLICY: __lw_runtime::Policy = __lw_runtime::Policy::new();
            &__LW_POLICY
        },
        ::core::option::Option::None,
        "migrate",
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
                            Result<(), Error>,
                        > {
                            return returned;
                        }
                        match () {
                            () => work().await,
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
