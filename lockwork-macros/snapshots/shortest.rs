//! #[global_once(key = "migrate")]
//! async fn migrate() -> Result<(), Error> { work().await }

async fn migrate() -> Result<(), Error> {
    let mut __lw_call = ::lockwork::__private::begin::<
        Result<(), Error>,
    >(
        {
            static __LW_POLICY: ::lockwork::__private::Policy = ::lockwork::__private::Policy::new();
            &__LW_POLICY
        },
        ::core::option::Option::None,
        "migrate",
    );
    loop {
        let __lw_attempt = match __lw_call.next().await {
            ::lockwork::__private::Step::Run(__lw_attempt) => __lw_attempt,
            ::lockwork::__private::Step::Return(__lw_returned) => return __lw_returned,
        };
        let __lw_driven = {
            ::lockwork::__private::drive(
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
